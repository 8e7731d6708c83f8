package smap.identity.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.support.converter.MessageConversionException;

class BytesMessageConverterTest {

    private final BytesMessageConverter converter = new BytesMessageConverter();

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/plain", "application/x-java-serialized-object", "nonsense"})
    void a_body_is_its_bytes_whatever_its_content_type_says(String contentType) {
        MessageProperties properties = new MessageProperties();
        properties.setContentType(contentType);
        properties.setContentEncoding("no such encoding");
        byte[] body = {(byte) 0xac, (byte) 0xed, 0, 5};

        assertThat(converter.fromMessage(new Message(body, properties))).isEqualTo(body);
    }

    @Test
    void bytes_are_published_as_they_are_and_text_as_utf_8() {
        MessageProperties properties = new MessageProperties();

        assertThat(converter.toMessage(new byte[] {1, 2}, properties).getBody()).containsExactly(1, 2);
        assertThat(converter.toMessage("mã", properties).getBody()).isEqualTo("mã".getBytes(StandardCharsets.UTF_8));
        assertThat(converter.toMessage("mã", properties).getMessageProperties()).isSameAs(properties);
    }

    @Test
    void nothing_else_is_published() {
        assertThatThrownBy(() -> converter.toMessage(List.of("secret"), new MessageProperties()))
                .isInstanceOf(MessageConversionException.class).hasMessageStartingWith("Expected bytes or text to publish, got java.util.")
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> converter.toMessage(null, new MessageProperties()))
                .hasMessage("Expected bytes or text to publish, got nothing");
    }
}
