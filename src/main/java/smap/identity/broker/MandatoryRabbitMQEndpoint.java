package smap.identity.broker;

import org.apache.camel.component.springrabbit.SpringRabbitMQComponent;
import org.apache.camel.component.springrabbit.SpringRabbitMQEndpoint;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** A {@code spring-rabbitmq:} endpoint whose publications are mandatory and confirmed. */
final class MandatoryRabbitMQEndpoint extends SpringRabbitMQEndpoint {

    MandatoryRabbitMQEndpoint(String uri, SpringRabbitMQComponent component, String exchangeName) {
        super(uri, component, exchangeName);
    }

    @Override
    public RabbitTemplate createInOnlyTemplate() {
        RabbitTemplate template = new MandatoryRabbitTemplate(getConnectionFactory(), getConfirmTimeout());
        template.setRoutingKey(getRoutingKey());
        template.setUsePublisherConnection(isUsePublisherConnection());
        return template;
    }
}
