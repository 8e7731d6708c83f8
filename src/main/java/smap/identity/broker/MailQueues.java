package smap.identity.broker;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.util.TimeUtils;
import smap.identity.settings.Settings;

/**
 * The names a mail job meets at the broker.
 *
 * @param exchange fanout, where jobs are published
 * @param work queue of the exchange that is delivered from
 * @param bulk queue of the jobs that may wait
 * @param dead queue of the jobs that were given up
 * @param backup queue of the exchange that is archived from; null if there is none
 * @param retries queues a job waits in before its next attempt, by how long, the shortest first
 */
public record MailQueues(String exchange, String work, String bulk, String dead, String backup, Map<String, Duration> retries) {

    /** The names as {@code application.properties} has them, with the delays and the backup of the settings. */
    public static MailQueues of(
            Settings settings, String exchange, String work, String bulk, String dead, String backup, String retryPrefix) {
        Map<String, Duration> retries = new LinkedHashMap<>();
        Arrays.stream(settings.get("mail.retry.delays").split(","))
                .forEach(delay -> retries.put(retryPrefix + '.' + delay, Duration.ofMillis(TimeUtils.toMilliSeconds(delay))));
        boolean archived = Boolean.parseBoolean(settings.get("mail.backup.enabled"));
        return new MailQueues(exchange, work, bulk, dead, archived ? backup : null, retries);
    }
}
