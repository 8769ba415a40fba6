import java.util.List;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/** One OpenSearch node in one process, on loopback: arguments are its directory and the port for HTTP. */
public final class OneNode extends Node {
  private OneNode(Settings settings) {
    super(new Environment(settings, null), List.of(Netty4Plugin.class), false);
  }

  public static void main(String[] arguments) throws Exception {
    OneNode node = new OneNode(
      Settings.builder()
        .put("path.home", arguments[0])
        .put("cluster.name", "audit-tests")
        .put("node.name", "one")
        .put("discovery.type", "single-node")
        .put("http.type", "netty4")
        .put("http.host", "127.0.0.1")
        .put("http.port", arguments[1])
        .put("transport.type", "netty4")
        .put("transport.host", "127.0.0.1")
        .put("transport.port", "0")
        // Its disk is the developer's, who may have little left.
        .put("cluster.routing.allocation.disk.threshold_enabled", false)
        .build());
    node.start();
    // Ends with whoever started it: the pipe closes.
    while (System.in.read() >= 0) {}
    node.close();
    System.exit(0);
  }
}
