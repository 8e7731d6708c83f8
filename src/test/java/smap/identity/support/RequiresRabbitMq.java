package smap.identity.support;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Runs a test only where RabbitMQ is installed, and gives it the node that all such tests of a JVM share, as a parameter
 * {@link RabbitMqNode}. A test class takes a {@linkplain RabbitMqNode#newVirtualHost() virtual host of its own}; one that
 * stops or kills its broker {@linkplain RabbitMqNode#startNew() starts a node of its own}.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresRabbitMq.SharedNode.class)
public @interface RequiresRabbitMq {

    /** What a skipped test says. */
    String REASON = "no rabbitmq-server found: install RabbitMQ 3.10+ to run this test";

    /** Starts the shared node when it is first asked for; JUnit closes it with the root store. */
    final class SharedNode implements ExecutionCondition, ParameterResolver {

        private static final Namespace NAMESPACE = Namespace.create(SharedNode.class);

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return RabbitMqNode.find().isPresent()
                    ? ConditionEvaluationResult.enabled("rabbitmq-server found")
                    : ConditionEvaluationResult.disabled(REASON);
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == RabbitMqNode.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            RabbitMqNode node = context.getRoot().getStore(NAMESPACE)
                    .getOrComputeIfAbsent(RabbitMqNode.class, key -> RabbitMqNode.startNew(), RabbitMqNode.class);
            node.start();
            return node;
        }
    }
}
