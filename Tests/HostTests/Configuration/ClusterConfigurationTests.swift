import Host
import TestSupport
import Testing

@Suite("Configuration: a cluster")
struct ClusterConfigurationTests {
    @Test("what belonged to NATS is accepted, with a note to remove it, whatever it says")
    func nats() throws {
        let folder = try TemporaryDirectory()
        let key = folder.write("key", String(repeating: "k7", count: 32))
        func read(_ more: String) -> LoadedConfiguration {
            load(
                """
                store: {url: "postgres://jetbridge@127.0.0.1/jetbridge"}
                cluster: {name: a, key: {file: \(key)}\(more)}
                objects: {directory: \(folder.path)/objects}
                """)
        }
        let plain = read("")
        expectEqual(plain.issues, [])
        let old = read(", nats: \"nats://127.0.0.1:4222\", credentials: {file: /nowhere}")
        expectEqual(
            old.issues.map { "\($0.severity) \($0.path) \($0.message)" },
            ["nats", "credentials"].map {
                "warning cluster.\($0) no longer used: hosts wake each other by PostgreSQL's notifications; remove it when all "
                    + "hosts are updated"
            })
        expectEqual(old.configuration?.cluster, plain.configuration?.cluster)
        #expect(plain.configuration?.cluster != nil)
    }
}
