package smap.identity.imports;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import smap.identity.contract.Contract;
import smap.identity.problem.FieldError;

/** What the columns of an export mean, and which values can be taken over. Immutable and thread-safe. */
public final class UserColumns {

    /** Other names a column may have in the export; where both are there the first goes. */
    private static final Map<String, String> OLD_NAMES = Map.of("email", "username", "password_hash", "password", "full_name", "name");
    private static final List<String> NEEDED = List.of("id", "email", "password_hash");
    private static final Set<String> KNOWN = Set.of("id", "email", "username", "password_hash", "password", "full_name", "name", "role",
            "is_active", "created_at", "updated_at", "deleted_at");

    private static final Pattern UUID_FORM = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,18}");
    /** An id that was a number becomes the UUID (version 3) of this and the number, the same each time. */
    private static final String NUMBERED = "smap-users/";

    /** A cost over 15 would keep a core busy for seconds at each login. */
    private static final Pattern BCRYPT = Pattern.compile("\\$2[abxy]\\$(0[4-9]|1[0-5])\\$[./A-Za-z0-9]{53}");
    /** At most 99,999 KiB, 99 passes, 16 lanes. */
    private static final Pattern ARGON2ID = Pattern.compile(
            "\\$argon2id\\$v=19\\$m=[1-9][0-9]{0,4},t=[1-9][0-9]?,p=([1-9]|1[0-6])\\$[A-Za-z0-9+/]{11,86}\\$[A-Za-z0-9+/]{16,86}");

    private static final Set<String> TRUE = Set.of("true", "t", "1");
    private static final Set<String> FALSE = Set.of("false", "f", "0");
    private static final Set<String> ROLES = Set.of("USER", "ADMIN");

    /** RFC 3339, and as PostgreSQL writes it; UTC where no offset is given. */
    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendPattern("['T'][' ']")
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .appendPattern("[XXX][X]")
            .toFormatter(Locale.ROOT);
    private static final int FIRST_YEAR = 1970;
    private static final int LAST_YEAR = 2200;

    private final Contract contract;

    /** @param contract says which addresses and names accounts can have */
    public UserColumns(Contract contract) {
        this.contract = contract;
    }

    /** The columns a header has to have and has not. */
    public List<String> missing(List<String> header) {
        return NEEDED.stream()
                .filter(column -> !header.contains(column) && !header.contains(OLD_NAMES.getOrDefault(column, column)))
                .toList();
    }

    /** The columns of a header that are not imported. */
    public Set<String> ignored(List<String> header) {
        Set<String> ignored = new TreeSet<>(header);
        ignored.removeAll(KNOWN);
        return ignored;
    }

    /**
     * The user a row stands for.
     *
     * @param faults what is wrong with it is added here, and then there is no user
     */
    Optional<ImportedUser> read(ExportRow row, List<FieldError> faults) {
        Map<String, String> values = row.values();
        int before = faults.size();
        UUID id = id(values.get("id"), faults);
        String email = value(values, "email");
        String name = value(values, "full_name");
        if (email == null) {
            faults.add(new FieldError("email", "is required"));
        }
        faults.addAll(byContract(email, name));
        String hash = hash(value(values, "password_hash"), faults);
        String role = values.getOrDefault("role", "USER").toUpperCase(Locale.ROOT);
        if (!ROLES.contains(role)) {
            faults.add(new FieldError("role", "must be USER or ADMIN"));
        }
        boolean active = isTrue(values.get("is_active"), faults);
        List<String> times = new ArrayList<>();
        for (String column : List.of("created_at", "updated_at", "deleted_at")) {
            times.add(time(column, values.get(column), faults));
        }
        if (faults.size() > before) {
            return Optional.empty();
        }
        return Optional.of(
                new ImportedUser(row.line(), id, email, hash, name, role, active, times.get(0), times.get(1), times.get(2)));
    }

    private static String value(Map<String, String> values, String column) {
        String value = values.get(column);
        return value != null ? value : values.get(OLD_NAMES.get(column));
    }

    private List<FieldError> byContract(String email, String name) {
        Map<String, Object> account = new HashMap<>();
        if (email != null) {
            account.put("email", email);
        }
        if (name != null) {
            account.put("full_name", name);
        }
        return contract.faults("authentication-register", account);
    }

    private static UUID id(String text, List<FieldError> faults) {
        if (text != null && UUID_FORM.matcher(text).matches()) {
            return UUID.fromString(text);
        }
        if (text != null && NUMBER.matcher(text).matches()) {
            return UUID.nameUUIDFromBytes((NUMBERED + text).getBytes(StandardCharsets.US_ASCII));
        }
        faults.add(new FieldError("id", text == null ? "is required" : "must be a UUID or a whole number from 1"));
        return null;
    }

    private static String hash(String text, List<FieldError> faults) {
        if (text == null || !BCRYPT.matcher(text).matches() && !ARGON2ID.matcher(text).matches()) {
            faults.add(new FieldError("password_hash",
                    text == null ? "is required" : "must be a bcrypt hash of cost 4 to 15 or an argon2id hash below 100 MB"));
        }
        return text;
    }

    private static boolean isTrue(String text, List<FieldError> faults) {
        String lower = text == null ? "false" : text.toLowerCase(Locale.ROOT);
        if (!TRUE.contains(lower) && !FALSE.contains(lower)) {
            faults.add(new FieldError("is_active", "must be true or false"));
        }
        return TRUE.contains(lower);
    }

    private static String time(String column, String text, List<FieldError> faults) {
        if (text == null) {
            return null;
        }
        try {
            TemporalAccessor parsed = TIME.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
            OffsetDateTime time = parsed instanceof OffsetDateTime withOffset
                    ? withOffset
                    : ((LocalDateTime) parsed).atOffset(ZoneOffset.UTC);
            if (time.getYear() >= FIRST_YEAR && time.getYear() < LAST_YEAR) {
                return time.withOffsetSameInstant(ZoneOffset.UTC).toString();
            }
        } catch (DateTimeException e) {
            // told below, as a time out of range is
        }
        faults.add(new FieldError(column, "must be a time such as 2026-11-23T09:00:00Z or 2026-11-23 09:00:00+00"));
        return null;
    }
}
