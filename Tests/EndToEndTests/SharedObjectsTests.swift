import JSON
import Processes
import TestSupport
import Testing

@Suite("Hosts that share objects", .timeLimit(.minutes(3)))
struct SharedObjectsTests {
    @Test("a thread goes on on another host with its files, and is told once what is lost")
    func rebuilt() async throws {
        let shared = try TemporaryDirectory()
        let configuration = """
            gateway: {listen: "127.0.0.1:0"}
            store: {url: "sqlite:\(shared.path)/store"}
            objects: {directory: \(shared.path)/objects}
            repositories: [{name: notes, path: \(shared.path)/notes}]
            default_repository: notes
            """
        let (first, second) = (
            try await HostProcess(configuration: configuration), try await HostProcess(configuration: configuration)
        )
        let begun = try JSON.parse(
            try await first.run(["run", "--json", "echo one > new.txt; mkdir empty; cd /tmp; X=5"]).output)
        let thread = try #require(begun["thread_id"]?.stringValue)
        expectEqual(begun["exit"], 0, "\(begun)")
        // All hosts have the audit's key.
        try RealGit(shared.path).shell(
            "mkdir -m 700 -p \(second.dataPath) && cp -p \(first.dataPath)/audit.key \(second.dataPath)/")
        for round in 1...2 {
            let result = try await second.run(
                ["run", "--thread", thread, "cat new.txt; ls; pwd; echo \"X=$X\"; echo \(round) >> new.txt"])
            expectEqual(result.status, .exited(0), "\(result.errorText)")
            #expect(result.text.contains(round == 1 ? "one\nempty\nnew.txt\n/workspace\nX=\n" : "one\n1\nempty"))
        }
        let shown = try await second.run(["sessions", "show", thread])
        expectEqual(
            shown.text.split(separator: "were rebuilt on another host, as of snapshot s").count, 2, "\(shown.text)")
        let archived = try await second.run(["sessions", "archive", thread, "--json"])
        let place = try JSON.parse(archived.output)["archive"]?["place"]?.stringValue ?? ""
        #expect(place.hasPrefix("\(shared.path)/objects/archives/\(thread)-"), "\(archived.errorText)")
        // Back on the first host, whose files are out of date.
        let back = try await first.run(["run", "--thread", thread, "cat new.txt"])
        #expect(back.text.contains("one\n1\n2"), "\(back.text)\(back.errorText)")
        let findings = try await first.run(["doctor"])
        #expect(
            findings.text.contains("files, snapshots of workspaces and archives are kept in \(shared.path)/objects"))
    }
}
