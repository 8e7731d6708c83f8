package smap.identity.mail;

import jakarta.mail.internet.AddressException;
import java.util.List;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;

/**
 * What every mail of ours says of who sends it.
 *
 * @param name of the product or its makers
 * @param appUrl public URL of the front end, without a slash at its end; null for mails without links
 * @param supportEmail whom a reader may ask, and where answers go; null for nobody
 */
record SenderDetails(String name, String appUrl, String supportEmail) {

    /** @throws SettingsException if no job could name the address for answers */
    static SenderDetails of(Settings settings) {
        String name = settings.get("smtp.from.name");
        String url = settings.get("app.url").replaceFirst("/+$", "");
        String support = settings.get("support.email");
        try {
            if (!support.isEmpty()) {
                Mailbox.parse(support);
            }
        } catch (AddressException e) {
            throw new SettingsException(List.of("SUPPORT_EMAIL: expected " + e.getMessage() + ", got '" + support + '\''));
        }
        return new SenderDetails(
                name.isBlank() ? settings.get("smtp.from") : name, url.isEmpty() ? null : url, support.isEmpty() ? null : support);
    }
}
