package smap.identity.health;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** Shows a dependency under JMX, in the domain {@code smap.identity}, for as long as this is open. Immutable. */
public final class ManagedDependency implements AutoCloseable {

    private final ObjectName name;

    /**
     * @param dependency has an interface of its class's name and {@code MBean}
     * @throws JMException if it has no such interface, or something is shown by that name
     */
    public ManagedDependency(Dependency dependency, String name) throws JMException {
        this.name = new ObjectName("smap.identity", "name", name);
        ManagementFactory.getPlatformMBeanServer().registerMBean(dependency, this.name);
    }

    @Override
    public void close() throws JMException {
        ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
    }
}
