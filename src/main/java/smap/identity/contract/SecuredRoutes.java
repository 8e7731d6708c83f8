package smap.identity.contract;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDefinition;

/**
 * Sees to it that no route of a secured operation forgets to ask who is calling, be it packaged or an operator's own. Immutable and
 * thread-safe.
 */
public final class SecuredRoutes {

    private static final String ACCESS_CHECK = "direct:access-check";

    private final Set<String> operations;

    public SecuredRoutes(Contract contract) {
        this.operations = contract.secured();
    }

    /** @throws IllegalStateException naming a route of a secured operation whose first step is not the sub-flow that checks access */
    public void check(Collection<RouteDefinition> routes) {
        for (RouteDefinition route : routes) {
            String name = canonical(route.getInput().getEndpointUri()).replaceFirst("^direct:", "");
            if (operations.contains(name) && !beginsWithTheCheck(route)) {
                throw new IllegalStateException("The route " + route.getRouteId() + " serves the secured operation " + name
                        + ": expected 'to: {uri: " + ACCESS_CHECK + "}' as its first step");
            }
        }
    }

    private static boolean beginsWithTheCheck(RouteDefinition route) {
        // what handles errors stands among the steps, as an abstract one
        Optional<ProcessorDefinition<?>> first = route.getOutputs().stream().filter(step -> !step.isAbstract()).findFirst();
        return first.orElse(null) instanceof ToDefinition to && canonical(to.getEndpointUri()).equals(ACCESS_CHECK);
    }

    private static String canonical(String uri) {
        return uri == null ? "" : uri.replace("://", ":");
    }
}
