import Extensions
import Host
import TestSupport
import Testing

@Suite("Extensions that were tried")
struct VettedExtensionTests {
    @Test("each file is an entry that the configuration takes as it is, with its program in one version")
    func files() throws {
        expectEqual(VettedExtension.all.count, 12)
        let variables = ["JIRA_URL": "https://jira.example.org", "JIRA_USERNAME": "ada", "JIRA_API_TOKEN": "t"]
        for known in VettedExtension.all {
            let text = try #require(known.added(to: ""))
            let loaded = load(text, environment: variables)
            expectEqual(loaded.issues, [])
            expectEqual(loaded.configuration?.extensions.map(\.name), [known.name])
            #expect(known.install.contains("=="), "\(known.install)")
            #expect(!known.summary.isEmpty && !known.notes.isEmpty)
        }
    }

    @Test("an entry joins those that are there, in their form, and leaves every other byte")
    func added() throws {
        let known = try #require(VettedExtension.all.first { $0.name == "calculator" })
        let entry =
            "- name: calculator\n    command: [mcp-server-calculator]\n    tools: {calculate: allow, \"*\": ask}"
        expectEqual(known.added(to: "log: {level: info}"), "log: {level: info}\nextensions:\n  \(entry)\n")
        let text = """
            extensions:   # ours
              # the first
              - name: wiki
                url: https://wiki.example.org/mcp
            log: {level: info}

            """
        let changed = try #require(known.added(to: text))
        expectEqual(changed, text.replacing("# ours\n", with: "# ours\n  \(entry)\n"))
        expectEqual(load(changed).configuration?.extensions.map(\.name), ["calculator", "wiki"])
        let flat = "extensions:\n- name: wiki\n  url: https://wiki.example.org/mcp\n"
        expectEqual(
            load(try #require(known.added(to: flat))).configuration?.extensions.map(\.name), ["calculator", "wiki"])
        expectEqual(known.added(to: "extensions: [{name: wiki, url: \"https://wiki.example.org/mcp\"}]\n"), nil)
    }
}
