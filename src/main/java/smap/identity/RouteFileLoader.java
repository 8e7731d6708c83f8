package smap.identity;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.dsl.yaml.YamlRoutesBuilderLoader;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.RoutesBuilderLoader;
import org.apache.camel.support.RoutesBuilderLoaderSupport;
import org.apache.camel.support.service.ServiceHelper;

/**
 * Loads each {@code .camel.yaml} file with a loader of Camel's own for that file alone, so that its beans are made once. Camel 4.17 makes
 * the beans of all files before it configures itself, and again with the routes unless it knows them for made; one loader for all files
 * forgets that of every file as soon as the first is done. Camel finds this class by the file {@code routes-loader/camel-yaml} below
 * {@code META-INF}. Thread-safe.
 */
public final class RouteFileLoader extends RoutesBuilderLoaderSupport {

    private final Map<String, RoutesBuilderLoader> loaders = new ConcurrentHashMap<>();

    @Override
    public String getSupportedExtension() {
        return "camel.yaml";
    }

    @Override
    public void preParseRoute(Resource file) throws Exception {
        loader(file).preParseRoute(file);
    }

    @Override
    public RoutesBuilder loadRoutesBuilder(Resource file) throws Exception {
        return loader(file).loadRoutesBuilder(file);
    }

    private RoutesBuilderLoader loader(Resource file) {
        return loaders.computeIfAbsent(file.getLocation(), location -> {
            RoutesBuilderLoader loader = new YamlRoutesBuilderLoader();
            loader.setCamelContext(getCamelContext());
            ServiceHelper.startService(loader);
            return loader;
        });
    }

    @Override
    protected void doStop() {
        ServiceHelper.stopService(loaders.values());
        loaders.clear();
    }
}
