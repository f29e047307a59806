import Host
import JSON
import TestSupport
import Testing

@Suite("Configuration: numbers at their ends")
struct ConfigurationNumberTests {
    @Test("every number that takes effect can be replaced by any other, which is taken or refused with a reason")
    func extremes() {
        let text = """
            store: {url: "postgres://db.example/jetbridge"}
            archive: {s3: {endpoint: "https://s3.example", bucket: backups, region: r, access_key: {env: A}, secret_key: {env: A}}}
            adapters: {irc: [{id: local, server: "127.0.0.1:6667", channels: ["#team"]}]}
            """
        let sample = load(text, environment: ["A": "x"])
        expectEqual(sample.issues, [])
        let effective = sample.effective
        let variants = ExtremeNumbers.variants(of: effective, by: [.min, -1, .max])
        #expect(variants.count > 300)
        for variant in variants {
            let loaded = load(variant.yaml, environment: ["A": "x"])
            guard loaded.configuration == nil, loaded.issues.isEmpty else { continue }
            Issue.record("refused without a reason: \(variant.yaml)")
        }
    }
}
