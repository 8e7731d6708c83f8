package smap.identity.http;

import java.util.List;
import java.util.stream.Stream;
import smap.identity.settings.Settings;

/**
 * Where the old system's clients look for the API beside its own base path: {@code API_PREFIX}. Immutable and thread-safe.
 */
public final class ApiPrefixes {

    private final List<String> prefixes;

    /** @param prefixes each begins with a slash and ends with none; {@code /} alone stands for the root */
    public ApiPrefixes(List<String> prefixes) {
        this.prefixes = prefixes.stream().map(prefix -> prefix.equals("/") ? "" : prefix).toList();
    }

    public static ApiPrefixes of(Settings settings) {
        return new ApiPrefixes(settings.list("api.prefix"));
    }

    /** The paths that one below a prefix may stand for, likeliest first: below the base path, or as it is without its prefix. */
    public Stream<String> targets(String path, String basePath) {
        return prefixes.stream()
                .filter(prefix -> path.startsWith(prefix + '/'))
                .map(prefix -> path.substring(prefix.length()))
                .flatMap(rest -> Stream.of(basePath + rest, rest))
                .filter(target -> !target.equals(path));
    }
}
