package smap.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.camel.dsl.yaml.YamlRoutesBuilderLoader;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultRoutesLoader;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.RoutesLoader;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RouteFileLoaderTest {

    private final Witness witness = new Witness();
    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final RoutesLoader loader = PluginHelper.getRoutesLoader(camel);

    @BeforeEach
    void start() {
        camel.getRegistry().bind("witness", witness);
        camel.start();
    }

    @AfterEach
    void stop() {
        camel.stop();
    }

    @Test
    void camel_takes_it_for_the_route_files() throws Exception {
        assertThat(loader.getRoutesLoader("camel.yaml")).isInstanceOf(RouteFileLoader.class);
    }

    @Test
    void the_beans_of_every_file_are_made_once_before_any_route_and_closed_once() throws Exception {
        Resource route = file("route", "- route: {id: greeting, from: {uri: 'direct:greeting', steps: [{to: {uri: 'bean:third'}}]}}");
        loader.loadRoutes(route, beans("first"), beans("second"), beans("third"));

        assertThat(witness.made).containsExactly("first", "second", "third");
        assertThat(camel.getRoute("greeting")).isNotNull();
        camel.stop();
        assertThat(witness.closed).containsExactlyInAnyOrder("first", "second", "third");
    }

    @Test
    void a_bean_replaces_that_of_its_name_in_a_file_before() throws Exception {
        loader.loadRoutes(beans("first"), file("again", bean("first", "other")));

        assertThat(witness.made).containsExactly("first", "other");
        assertThat(witness.closed).containsExactly("first");
        assertThat(camel.getRegistry().lookupByName("first")).hasToString("other");
    }

    @Test
    void a_file_that_is_loaded_again_has_its_beans_made_anew_and_the_others_not() throws Exception {
        loader.loadRoutes(beans("first"), beans("second"));
        loader.updateRoutes(List.of(file("second", bean("second", "changed"))));

        assertThat(witness.made).containsExactly("first", "second", "changed");
        assertThat(witness.closed).containsExactly("second");
        assertThat(camel.getRegistry().lookupByName("second")).hasToString("changed");
    }

    /** Once this fails, Camel does without {@link RouteFileLoader}. */
    @Test
    void without_it_the_beans_of_every_file_but_the_first_are_made_twice() throws Exception {
        YamlRoutesBuilderLoader stock = new YamlRoutesBuilderLoader();
        camel.getRegistry().bind(DefaultRoutesLoader.ROUTES_LOADER_KEY_PREFIX + "camel.yaml", stock);
        loader.loadRoutes(beans("first"), beans("second"), beans("third"));

        assertThat(witness.made).containsExactly("first", "second", "third", "second", "third");
        assertThat(witness.closed).containsExactly("second", "third");
    }

    private static Resource beans(String name) {
        return file(name, bean(name, name));
    }

    private static String bean(String name, String label) {
        return "- beans: [{name: " + name + ", type: " + Noted.class.getName() + ", destroyMethod: close,"
                + " constructors: {'0': '#bean:witness', '1': " + label + "}}]";
    }

    private static Resource file(String name, String yaml) {
        return ResourceHelper.fromString("classpath:" + name + ".camel.yaml", yaml);
    }

    /** What becomes of the beans, by their labels. */
    public static final class Witness {

        private final List<String> made = Collections.synchronizedList(new ArrayList<>());
        private final List<String> closed = Collections.synchronizedList(new ArrayList<>());
    }

    /** A bean that tells when it is made and when it is closed. */
    public static final class Noted {

        private final Witness witness;
        private final String label;

        public Noted(Witness witness, String label) {
            this.witness = witness;
            this.label = label;
            witness.made.add(label);
        }

        public void close() {
            witness.closed.add(label);
        }

        @Override
        public String toString() {
            return label;
        }
    }
}
