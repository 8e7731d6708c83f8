package smap.identity.imports;

import java.util.Map;

/**
 * One row of an export as it stands there.
 *
 * @param line where it begins in the file, from 1
 * @param values by the name of the column in lower case; what stands for nothing is left out
 * @param fault why the row cannot be read, or null if it can
 */
record ExportRow(long line, Map<String, String> values, String fault) {}
