import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;

/**
 * One OpenSearch node in one process, on loopback: arguments are its directory and the port for HTTP. Where the directory has a
 * config/opensearch.yml, that is read too, and a plugin in it brings the transports.
 */
public final class OneNode extends Node {
  private OneNode(Environment environment, List<Class<? extends Plugin>> plugins) {
    super(environment, plugins, false);
  }

  public static void main(String[] arguments) throws Exception {
    Path config = Path.of(arguments[0], "config");
    Path file = config.resolve("opensearch.yml");
    Settings.Builder settings = Settings.builder();
    List<Class<? extends Plugin>> plugins;
    if (Files.exists(file)) {
      settings.loadFromPath(file);
      plugins = List.of();
    } else {
      settings.put("http.type", "netty4").put("transport.type", "netty4");
      plugins = List.of(Class.forName("org.opensearch.transport.Netty4Plugin").asSubclass(Plugin.class));
    }
    settings
      .put("path.home", arguments[0])
      .put("cluster.name", "audit-tests")
      .put("node.name", "one")
      .put("discovery.type", "single-node")
      .put("http.host", "127.0.0.1")
      .put("http.port", arguments[1])
      .put("transport.host", "127.0.0.1")
      .put("transport.port", "0")
      // Its disk is the developer's, who may have little left.
      .put("cluster.routing.allocation.disk.threshold_enabled", false);
    OneNode node = new OneNode(new Environment(settings.build(), config), plugins);
    node.start();
    // Ends with whoever started it: the pipe closes.
    while (System.in.read() >= 0) {}
    node.close();
    System.exit(0);
  }
}
