import Host
import Logging
import Metrics
import Primitives
import Sessions
import Store
import TestSupport
import Threads

@testable import Delivery
@testable import Posts

/// Reads a text as the content of `test.yaml`.
func load(_ text: String) -> LoadedConfiguration {
    let surroundings = Surroundings(environment: ["HOME": "/home/alice"], currentDirectory: "/srv")
    return ConfigurationLoader(surroundings: surroundings).read(Array(text.utf8), file: "/srv/test.yaml")
}

extension ThreadPosts {
    /// Lines for threads on no network.
    convenience init(_ store: SessionStore, _ metrics: Metrics) {
        self.init(
            store: store, adapters: AdapterRegistry([]),
            environment: BridgeEnvironment(
                settings: BridgeSettings(publicURL: "http://127.0.0.1:8787"), logger: Logger(label: "test"),
                metrics: metrics, now: WallClock.now))
    }
}
