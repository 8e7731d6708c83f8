package smap.identity.imports;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.UUID;

/** A user as {@code sql/user/import.sql} takes it; times as PostgreSQL reads them, null where the export has none. */
public record ImportedUser(
        long line,
        UUID id,
        String email,
        @JsonProperty("password_hash") String passwordHash,
        @JsonProperty("full_name") String fullName,
        String role,
        @JsonProperty("is_active") boolean active,
        @JsonProperty("created_at") String createdAt,
        @JsonProperty("updated_at") String updatedAt,
        @JsonProperty("deleted_at") String deletedAt) {}
