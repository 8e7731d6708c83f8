package smap.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RouteFilesTest {

    private static final Path PACKAGED = Path.of("src/main/resources/routes");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(Role.class)
    void a_role_loads_the_packaged_files_of_its_folders(Role role) throws IOException {
        List<String> expected = new ArrayList<>();
        for (String folder : role.folders()) {
            try (Stream<Path> files = Files.list(PACKAGED.resolve(folder))) {
                files.forEach(file -> expected.add("classpath:routes/" + folder + '/' + file.getFileName()));
            }
        }

        assertThat(locations(role).values()).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void beans_come_before_the_routes_that_use_them_and_the_shared_ones_first() {
        List<String> names = List.copyOf(locations(Role.ALL).keySet());
        List<String> beans = names.stream().filter(name -> name.endsWith("-beans")).toList();

        assertThat(names).startsWith(beans.toArray(String[]::new));
        assertThat(beans).containsSubsequence(
                "broker-beans", "clock-beans", "contract-beans", "database-beans", "api-beans", "consumer-beans");
        assertThat(names).containsSubsequence("ready", "authentication-login", "mail-deliver");
    }

    @Test
    void without_an_overlay_there_are_the_packaged_files() {
        assertThat(new RouteFiles(Role.API.folders(), directory.resolve("none")).locations()).isEqualTo(locations(Role.API));
    }

    @Test
    void a_file_of_the_overlay_replaces_the_packaged_one_of_its_name_in_its_place() throws IOException {
        Path login = overlay("anywhere/authentication-login.camel.yaml");
        Path beans = overlay("api-beans.camel.xml");
        List<String> order = List.copyOf(locations(Role.API).keySet());

        Map<String, String> locations = new RouteFiles(Role.API.folders(), directory).locations();

        assertThat(locations).containsEntry("authentication-login", "file:" + login).containsEntry("api-beans", "file:" + beans);
        assertThat(List.copyOf(locations.keySet())).isEqualTo(order);
        assertThat(locations.values()).filteredOn(location -> location.startsWith("file:")).hasSize(2);
    }

    @Test
    void a_file_that_replaces_one_of_another_role_is_left_alone() throws IOException {
        overlay("mail-deliver.camel.yaml");
        overlay("dev-mailbox.camel.yaml");

        assertThat(new RouteFiles(Role.API.folders(), directory).locations()).isEqualTo(locations(Role.API));
        assertThat(new RouteFiles(Role.CONSUMER.folders(), directory).locations().get("mail-deliver")).startsWith("file:");
    }

    @Test
    void whatever_else_lies_in_the_overlay_is_added_after_the_packaged_files_beans_before_routes() throws IOException {
        Path route = overlay("a-first.camel.yaml");
        Path beans = overlay("z-beans.camel.xml");
        overlay("notes.yaml");
        overlay("route.camel.yaml.bak");
        overlay("README.md");

        Map<String, String> locations = new RouteFiles(Role.API.folders(), directory).locations();

        assertThat(locations).hasSize(locations(Role.API).size() + 2);
        List<String> names = List.copyOf(locations.keySet());
        assertThat(names).last().isEqualTo("a-first");
        assertThat(names).containsSubsequence("api-beans", "z-beans", "ready");
        assertThat(locations).containsEntry("a-first", "file:" + route).containsEntry("z-beans", "file:" + beans);
    }

    @Test
    void the_files_of_a_jar_are_listed_as_those_of_a_directory() throws Exception {
        Path jar = directory.resolve("with blank.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar)); Stream<Path> files = Files.walk(PACKAGED)) {
            put(out, "smap/identity/RouteFiles.class", RouteFiles.class.getResourceAsStream("RouteFiles.class").readAllBytes());
            for (Path file : files.sorted().toList()) {
                String name = "routes/" + PACKAGED.relativize(file).toString().replace('\\', '/');
                put(out, Files.isDirectory(file) ? name + '/' : name, Files.isDirectory(file) ? new byte[0] : Files.readAllBytes(file));
            }
        }

        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            Constructor<?> constructor = loader.loadClass(RouteFiles.class.getName()).getConstructor(List.class, Path.class);
            Object routeFiles = constructor.newInstance(Role.ALL.folders(), directory.resolve("none"));
            assertThat(routeFiles.getClass().getMethod("locations").invoke(routeFiles)).isEqualTo(locations(Role.ALL));
        }
    }

    private static void put(JarOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new JarEntry(name));
        out.write(content);
        out.closeEntry();
    }

    private Map<String, String> locations(Role role) {
        return new RouteFiles(role.folders(), directory.resolve("none")).locations();
    }

    private Path overlay(String name) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "");
    }
}
