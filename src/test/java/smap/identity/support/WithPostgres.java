package smap.identity.support;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test the embedded PostgreSQL that all tests of a JVM share: as a parameter {@link TestDatabase} the migrated
 * database of its own test class, the same for each of its methods and nested classes; as a parameter
 * {@link PostgresServer} the server, to make further databases.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(WithPostgres.SharedServer.class)
public @interface WithPostgres {

    /** Starts the shared server when it is first asked for; JUnit closes it with the root store. */
    final class SharedServer implements ParameterResolver {

        private static final Namespace NAMESPACE = Namespace.create(SharedServer.class);

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            Class<?> type = parameter.getParameter().getType();
            return type == PostgresServer.class || type == TestDatabase.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            Store store = context.getRoot().getStore(NAMESPACE);
            PostgresServer server = store.getOrComputeIfAbsent(
                    PostgresServer.class, key -> PostgresServer.start(), PostgresServer.class);
            if (parameter.getParameter().getType() == PostgresServer.class) {
                return server;
            }
            return store.getOrComputeIfAbsent(
                    outermost(context.getRequiredTestClass()), key -> server.newDatabase(), TestDatabase.class);
        }

        private static Class<?> outermost(Class<?> type) {
            return type.getEnclosingClass() == null ? type : outermost(type.getEnclosingClass());
        }
    }
}
