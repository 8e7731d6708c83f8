package smap.identity.account;

import java.util.UUID;

/** Who is calling, as an access token says. */
public record Caller(UUID id, String role) {}
