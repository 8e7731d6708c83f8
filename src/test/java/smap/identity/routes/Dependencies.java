package smap.identity.routes;

import smap.identity.health.Dependency;

/** Things a process depends on, as the health routes ask about them. */
final class Dependencies {

    private Dependencies() {}

    static Dependency working(String name, boolean vital) {
        return new StandIn(name, vital, null);
    }

    static Dependency lost(String name, boolean vital) {
        return new StandIn(name, vital, "Connection to " + name + ".internal refused");
    }

    private record StandIn(String name, boolean isVital, String fault) implements Dependency {

        @Override
        public void probe() throws Exception {
            if (fault != null) {
                throw new Exception(fault);
            }
        }
    }
}
