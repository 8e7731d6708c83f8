package smap.identity.settings;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Addresses and ranges of them (CIDR), IPv4 and IPv6, as a setting lists them: {@code 10.0.0.0/8, 2001:db8::1}. Names are no addresses
 * and are not looked up. Immutable and thread-safe.
 */
public final class AddressRanges {

    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    private final List<IpSubnetFilterRule> ranges;

    private AddressRanges(List<IpSubnetFilterRule> ranges) {
        this.ranges = List.copyOf(ranges);
    }

    /**
     * Reads a list with commas; nothing is the empty list.
     *
     * @throws IllegalArgumentException whose message is the first entry that is neither an address nor a range
     */
    public static AddressRanges parse(String list) {
        List<IpSubnetFilterRule> ranges = new ArrayList<>();
        for (String entry : entries(list)) {
            ranges.add(range(entry).orElseThrow(() -> new IllegalArgumentException(entry)));
        }
        return new AddressRanges(ranges);
    }

    /** The first entry of a list that is neither an address nor a range, if there is one. */
    static Optional<String> fault(String list) {
        return entries(list).stream().filter(entry -> range(entry).isEmpty()).findFirst();
    }

    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    public boolean contains(InetAddress address) {
        InetSocketAddress peer = new InetSocketAddress(address, 0);
        return ranges.stream().anyMatch(range -> range.matches(peer));
    }

    /** The address a text spells, IPv4 or IPv6, without a zone ({@code %eth0}); null if it spells none. Never asks a name server. */
    public static InetAddress address(String text) {
        int zone = text.indexOf('%');
        return NetUtil.createInetAddressFromIpAddressString(zone < 0 ? text : text.substring(0, zone));
    }

    private static List<String> entries(String list) {
        return list.isBlank() ? List.of() : List.of(list.split(",", -1)).stream().map(String::strip).toList();
    }

    private static Optional<IpSubnetFilterRule> range(String entry) {
        String[] parts = entry.split("/", -1);
        InetAddress address = address(parts[0]);
        if (address == null || parts.length > 2) {
            return Optional.empty();
        }
        int most = address instanceof Inet4Address ? IPV4_BITS : IPV6_BITS;
        if (parts.length == 2 && !parts[1].matches("[0-9]{1,3}")) {
            return Optional.empty();
        }
        int bits = parts.length == 2 ? Integer.parseInt(parts[1]) : most;
        return bits > most ? Optional.empty() : Optional.of(new IpSubnetFilterRule(address, bits, IpFilterRuleType.ACCEPT));
    }
}
