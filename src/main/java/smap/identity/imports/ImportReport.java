package smap.identity.imports;

import java.io.Closeable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.Body;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import smap.identity.problem.FieldError;

/**
 * What becomes of the rows of an import: counted, told on the way, and the refused ones written down by line, column and reason. Never
 * shows a value of the export. For one thread.
 */
public final class ImportReport implements Closeable {

    private static final int EACH = 10_000;
    private static final int SHOWN = 20;
    private static final CSVFormat CSV = CSVFormat.RFC4180.builder().setHeader("line", "column", "reason").setRecordSeparator('\n').get();

    private final PrintStream err;
    private final CSVPrinter fileOrNull;
    private long read;
    private long imported;
    private long present;
    private long refused;
    private long lastLine;

    /**
     * @param err where progress is told, and refused rows too if there is no file
     * @param fileOrNull where refused rows are written
     * @throws IOException if it cannot be written
     */
    public ImportReport(PrintStream err, Path fileOrNull) throws IOException {
        this.err = err;
        this.fileOrNull = fileOrNull == null
                ? null
                : new CSVPrinter(Files.newBufferedWriter(fileOrNull, StandardCharsets.UTF_8), CSV);
    }

    /** A row was read; whether it can be imported is said by its faults. */
    void read(long line, List<FieldError> faults) {
        read++;
        if (!faults.isEmpty()) {
            refuse(line, faults);
        }
    }

    /** A batch was written. Called by the route {@code users-import} with what its statement says of each row. */
    public void written(@Body List<Map<String, Object>> rows) {
        long before = (imported + present + refused) / EACH;
        for (Map<String, Object> row : rows) {
            long line = ((Number) row.get("line")).longValue();
            lastLine = line;
            switch (row.get("outcome").toString()) {
                case "imported" -> imported++;
                case "present" -> present++;
                default -> refuse(line, List.of(new FieldError("email", "is that of a living user with another id")));
            }
        }
        if ((imported + present + refused) / EACH > before) {
            err.println(this);
        }
    }

    private void refuse(long line, List<FieldError> faults) {
        refused++;
        for (FieldError fault : faults) {
            if (fileOrNull != null) {
                try {
                    fileOrNull.printRecord(line, fault.field(), fault.message());
                } catch (IOException e) {
                    throw new BrokenExportException("the report cannot be written: " + e.getMessage(), e);
                }
            } else if (refused <= SHOWN) {
                err.println("line " + line + ": " + (fault.field() + ' ' + fault.message()).strip());
            }
        }
        if (fileOrNull == null && refused == SHOWN) {
            err.println("… further refused rows are counted, and written with --report FILE");
        }
    }

    /** The last line whose batch is done with; 0 before the first. */
    public long lastLine() {
        return lastLine;
    }

    public boolean hasRefused() {
        return refused > 0;
    }

    /** How many rows became what, as JSON has it. */
    public Map<String, Object> counts(boolean dryRun) {
        return new TreeMap<>(
                Map.of("dry_run", dryRun, "read", read, "imported", imported, "present", present, "refused", refused));
    }

    /** How far it is, for people. */
    @Override
    public String toString() {
        return "read " + read + ", imported " + imported + ", already there " + present + ", refused " + refused;
    }

    @Override
    public void close() throws IOException {
        if (fileOrNull != null) {
            fileOrNull.close(true);
        }
    }
}
