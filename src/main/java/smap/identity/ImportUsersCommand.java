package smap.identity;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import org.apache.camel.CamelExchangeException;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.util.ObjectHelper;
import smap.identity.account.Caller;
import smap.identity.contract.Contract;
import smap.identity.imports.BrokenExportException;
import smap.identity.imports.ExportFile;
import smap.identity.imports.ImportReport;
import smap.identity.imports.UserColumns;
import smap.identity.imports.UserExport;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;

/**
 * {@code import-users FILE}: takes over the accounts of the old system by the route {@code users-import}. Counts go to standard output as
 * JSON, progress and refused rows to standard error. For one thread.
 */
final class ImportUsersCommand {

    static final String NAME = "import-users";

    private static final int DONE = 0;
    /** sysexits.h: EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_CANTCREAT, EX_TEMPFAIL, EX_CONFIG. */
    private static final int WRONG_USAGE = 64;
    private static final int REFUSED = 65;
    private static final int NO_INPUT = 66;
    private static final int NO_REPORT = 73;
    private static final int TRY_AGAIN = 75;
    private static final int MISCONFIGURED = 78;

    private static final String CONTRACT = "openapi/smap-identity.yaml";
    private static final Set<String> ROUTES = Set.of("clock-beans", "database-beans", "users-import");
    private static final int CONNECTIONS = 2;

    private final Settings settings;
    private final PrintStream out;
    private final PrintStream err;

    private ImportUsersCommand(Settings settings, PrintStream out, PrintStream err) {
        this.settings = settings;
        this.out = out;
        this.err = err;
    }

    /** Runs the command and returns the exit code. */
    static int run(String... args) {
        PrintStream err = System.err;
        PrintStream out = CommandRoutes.takeOutput();
        Optional<ImportRequest> request = ImportRequest.read(List.of(args).subList(1, args.length));
        if (request.isEmpty()) {
            err.print(ImportRequest.USAGE);
            return WRONG_USAGE;
        }
        try {
            return new ImportUsersCommand(settings(System.getenv()), out, err).run(request.get());
        } catch (SettingsException e) {
            e.faults().forEach(fault -> err.println("refused: " + fault));
            return MISCONFIGURED;
        }
    }

    /** Those of the database: the command needs nothing else, and is not to fail for want of it. */
    private static Settings settings(Map<String, String> environment) {
        Map<String, String> given = new HashMap<>(environment);
        given.keySet().removeIf(variable -> !variable.startsWith("POSTGRES_"));
        Settings settings = Settings.read(Role.API, given, new Properties());
        if (settings.isEmpty("postgres.host")) {
            throw new SettingsException(List.of("POSTGRES_HOST: expected the host of the database that the users go to"));
        }
        return settings.with(Map.of("postgres.connections", Integer.toString(CONNECTIONS)));
    }

    private int run(ImportRequest request) {
        try (ExportFile export = ExportFile.open(request.file())) {
            UserColumns columns = new UserColumns(Contract.read(CONTRACT));
            List<String> missing = export.columns().isEmpty() ? List.of() : columns.missing(export.columns());
            if (!missing.isEmpty()) {
                err.println("refused: line 1: must name the columns " + String.join(", ", missing));
                return REFUSED;
            }
            Set<String> ignored = columns.ignored(export.columns());
            if (!ignored.isEmpty()) {
                err.println("not imported: " + String.join(", ", ignored));
            }
            return run(request, export, columns);
        } catch (BrokenExportException e) {
            err.println("refused: " + e.getMessage());
            return REFUSED;
        } catch (IOException e) {
            err.println("failed: " + request.file() + " cannot be read (" + e + ')');
            return NO_INPUT;
        }
    }

    private int run(ImportRequest request, ExportFile export, UserColumns columns) {
        try (ImportReport report = new ImportReport(err, request.reportOrNull())) {
            Exception failure = send(request, new UserExport(export, columns, report), report);
            err.println(report);
            if (failure == null) {
                out.println(new ObjectMapper().writeValueAsString(report.counts(request.dryRun())));
                out.flush();
                return report.hasRefused() ? REFUSED : DONE;
            }
            BrokenExportException broken = ObjectHelper.getException(BrokenExportException.class, failure);
            err.println("failed after line " + report.lastLine() + ": " + (broken != null ? broken.getMessage() : cause(failure))
                    + "; what is in stays in, and running it again goes on");
            return broken != null ? REFUSED : TRY_AGAIN;
        } catch (IOException e) {
            err.println("failed: " + request.reportOrNull() + " cannot be written (" + e + ')');
            return NO_REPORT;
        }
    }

    /** What went wrong, without what the split has wrapped around it. */
    private static Throwable cause(Exception failure) {
        return failure instanceof CamelExchangeException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** What the route failed with, or null. */
    private Exception send(ImportRequest request, UserExport users, ImportReport report) throws IOException {
        try (CommandRoutes routes = CommandRoutes.start(NAME, ROUTES, settings, Map.of("importReport", report));
                ProducerTemplate producer = routes.context().createProducerTemplate()) {
            Exchange ended = producer.send("direct:users-import", exchange -> {
                exchange.setVariable("actor", Caller.onMachine(System.getProperty("user.name")).actor());
                exchange.setVariable("import_id", UUID.randomUUID().toString());
                exchange.setVariable("file", request.file().getFileName().toString());
                exchange.setVariable("dry_run", request.dryRun());
                exchange.getMessage().setBody(users);
            });
            return ended.getException();
        } catch (RuntimeException e) {
            return e;
        }
    }
}
