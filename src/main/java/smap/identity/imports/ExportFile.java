package smap.identity.imports;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * The rows of an export in UTF-8, one after the other and none of them kept: JSON lines if the file is named {@code .jsonl}, else CSV
 * (RFC 4180) with a header. For one thread.
 */
public final class ExportFile implements Iterator<ExportRow>, Closeable {

    /** What databases write for nothing. */
    private static final Set<String> NOTHING = Set.of("", "\\N", "NULL", "null");
    private static final char BYTE_ORDER_MARK = '\uFEFF';
    private static final CSVFormat CSV = CSVFormat.RFC4180.builder().setIgnoreEmptyLines(false).get();

    private final BufferedReader text;
    private final Rows rows;

    private interface Rows {

        boolean hasNext() throws IOException;

        ExportRow next() throws IOException;

        /** The line read last. */
        long line();
    }

    private ExportFile(BufferedReader text, Rows rows) {
        this.text = text;
        this.rows = rows;
    }

    /**
     * Opens an export.
     *
     * @throws IOException if the file cannot be read
     * @throws BrokenExportException if its header cannot
     */
    public static ExportFile open(Path file) throws IOException {
        BufferedReader text = new BufferedReader(new InputStreamReader(Files.newInputStream(file),
                StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)));
        try {
            text.mark(1);
            if (text.read() != BYTE_ORDER_MARK) {
                text.reset();
            }
            boolean isLines = file.toString().toLowerCase(Locale.ROOT).endsWith(".jsonl");
            return new ExportFile(text, isLines ? new JsonRows(text) : new CsvRows(text));
        } catch (CharacterCodingException e) {
            text.close();
            throw new BrokenExportException("line 1: must be UTF-8", e);
        } catch (IOException | RuntimeException e) {
            text.close();
            throw e;
        }
    }

    /** The names of the columns in lower case; none where every row names its own. */
    public List<String> columns() {
        return rows instanceof CsvRows csv ? csv.columns : List.of();
    }

    /** @throws BrokenExportException if the rest of the file cannot be read */
    @Override
    public boolean hasNext() {
        try {
            return rows.hasNext();
        } catch (IOException | UncheckedIOException | IllegalStateException e) {
            throw broken(e);
        }
    }

    /** @throws BrokenExportException if the rest of the file cannot be read */
    @Override
    public ExportRow next() {
        try {
            return rows.next();
        } catch (IOException | UncheckedIOException | IllegalStateException e) {
            throw broken(e);
        }
    }

    private BrokenExportException broken(Exception failure) {
        Throwable cause = failure instanceof UncheckedIOException ? failure.getCause() : failure;
        String what = cause instanceof CharacterCodingException ? "must be UTF-8" : String.valueOf(cause.getMessage());
        return new BrokenExportException("after line " + rows.line() + ": " + what, failure);
    }

    @Override
    public void close() throws IOException {
        text.close();
    }

    private static String value(String text) {
        return text == null || NOTHING.contains(text) ? null : text;
    }

    private static final class CsvRows implements Rows {

        private final CSVParser parser;
        private final Iterator<CSVRecord> records;
        private final List<String> columns;
        private CSVRecord ahead;
        private long begin;

        CsvRows(BufferedReader text) throws IOException {
            parser = CSVParser.builder().setReader(text).setFormat(CSV).get();
            records = parser.iterator();
            try {
                if (!records.hasNext()) {
                    throw new BrokenExportException("line 1: must name the columns", null);
                }
                columns = records.next().stream().map(name -> name.strip().toLowerCase(Locale.ROOT)).toList();
            } catch (UncheckedIOException e) {
                throw new BrokenExportException("line 1: " + e.getCause().getMessage(), e);
            }
            if (new HashSet<>(columns).size() < columns.size()) {
                throw new BrokenExportException("line 1: names a column twice", null);
            }
        }

        @Override
        public boolean hasNext() {
            while (ahead == null) {
                begin = parser.getCurrentLineNumber() + 1;
                if (!records.hasNext()) {
                    return false;
                }
                CSVRecord record = records.next();
                boolean isBlank = record.size() == 1 && record.get(0).isEmpty();
                ahead = isBlank ? null : record;
            }
            return true;
        }

        @Override
        public ExportRow next() {
            CSVRecord record = ahead;
            ahead = null;
            if (record.size() != columns.size()) {
                return new ExportRow(begin, Map.of(), "must have " + columns.size() + " columns as the header, has " + record.size());
            }
            Map<String, String> values = new HashMap<>();
            for (int i = 0; i < columns.size(); i++) {
                String value = value(record.get(i));
                if (value != null) {
                    values.put(columns.get(i), value);
                }
            }
            return new ExportRow(begin, values, null);
        }

        @Override
        public long line() {
            return parser.getCurrentLineNumber();
        }
    }

    private static final class JsonRows implements Rows {

        private final BufferedReader text;
        private final ObjectMapper json = new ObjectMapper();
        private String ahead;
        private long line;

        JsonRows(BufferedReader text) {
            this.text = text;
        }

        @Override
        public boolean hasNext() throws IOException {
            while (ahead == null || ahead.isBlank()) {
                ahead = text.readLine();
                if (ahead == null) {
                    return false;
                }
                line++;
            }
            return true;
        }

        @Override
        public ExportRow next() {
            JsonNode row;
            try {
                row = json.readTree(ahead);
            } catch (JsonProcessingException e) {
                row = null;
            } finally {
                ahead = null;
            }
            if (row == null || !row.isObject()) {
                return new ExportRow(line, Map.of(), "must be a JSON object");
            }
            Map<String, String> values = new HashMap<>();
            row.properties().forEach(field -> {
                JsonNode content = field.getValue();
                String value = content.isContainerNode() ? content.toString() : value(content.asText());
                if (value != null && !content.isNull()) {
                    values.put(field.getKey().strip().toLowerCase(Locale.ROOT), value);
                }
            });
            return new ExportRow(line, values, null);
        }

        @Override
        public long line() {
            return line;
        }
    }
}
