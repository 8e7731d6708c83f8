package smap.identity.broker;

import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.component.springrabbit.SpringRabbitMQComponent;
import org.apache.camel.spi.annotations.Component;

/**
 * The stock {@code spring-rabbitmq} component, but for two things. What it publishes is mandatory (AMQP 0-9-1, basic.publish), so that
 * a job no queue took is a failure and not a mail lost in silence; and a body is bytes. Camel 4.17 has no options for either (ADR 0006).
 */
@Component("spring-rabbitmq")
public final class MandatoryRabbitMQComponent extends SpringRabbitMQComponent {

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        MandatoryRabbitMQEndpoint endpoint = new MandatoryRabbitMQEndpoint(uri, this, remaining);
        endpoint.setConnectionFactory(getConnectionFactory());
        endpoint.setMessageConverter(new BytesMessageConverter());
        getMessagePropertiesConverter().setHeaderFilterStrategy(getHeaderFilterStrategy());
        endpoint.setMessagePropertiesConverter(getMessagePropertiesConverter());
        setProperties(endpoint, parameters);
        return endpoint;
    }
}
