package smap.identity.mail;

/**
 * A recipient the mail server did not accept, of a mail it took for the others.
 *
 * @param reply what the server said, code first
 */
record RefusedRecipient(String address, String reply) {}
