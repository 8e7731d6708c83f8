package smap.identity.imports;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.UUID;
import smap.identity.problem.FieldError;

/**
 * The users of an export that can be imported, read as they are asked for; the other rows are told to the report. Of two rows with one id,
 * or of two living users with one address, the first is taken: ids and addresses that have been are kept in memory. For one thread.
 */
public final class UserExport implements Iterator<ImportedUser> {

    private final Iterator<ExportRow> rows;
    private final UserColumns columns;
    private final ImportReport report;
    private final Map<UUID, Long> ids = new HashMap<>();
    private final Map<String, Long> addresses = new HashMap<>();
    private ImportedUser ahead;

    public UserExport(Iterator<ExportRow> rows, UserColumns columns, ImportReport report) {
        this.rows = rows;
        this.columns = columns;
        this.report = report;
    }

    @Override
    public boolean hasNext() {
        while (ahead == null && rows.hasNext()) {
            ExportRow row = rows.next();
            List<FieldError> faults = new ArrayList<>();
            Optional<ImportedUser> user = row.fault() == null ? columns.read(row, faults) : Optional.empty();
            if (row.fault() != null) {
                faults.add(new FieldError("", row.fault()));
            }
            user.ifPresent(read -> findRepeated(read, faults));
            report.read(row.line(), faults);
            ahead = faults.isEmpty() ? user.orElseThrow() : null;
        }
        return ahead != null;
    }

    @Override
    public ImportedUser next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        ImportedUser user = ahead;
        ahead = null;
        return user;
    }

    private void findRepeated(ImportedUser user, List<FieldError> faults) {
        boolean living = user.deletedAt() == null;
        String address = user.email().toLowerCase(Locale.ROOT);
        Long sameId = ids.get(user.id());
        Long sameAddress = living ? addresses.get(address) : null;
        if (sameId != null) {
            faults.add(new FieldError("id", "is that of line " + sameId));
        }
        if (sameAddress != null) {
            faults.add(new FieldError("email", "is that of line " + sameAddress + ", whatever its case"));
        }
        if (faults.isEmpty()) {
            ids.put(user.id(), user.line());
            if (living) {
                addresses.put(address, user.line());
            }
        }
    }
}
