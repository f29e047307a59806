import Host
import Primitives
import TestSupport
import Testing

@Suite("Configuration: secrets")
struct ConfigurationSecretTests {
    private func load(key: String, environment: [String: String] = [:]) -> LoadedConfiguration {
        HostTests.load("github: {token: \(key)}", environment: environment)
    }

    @Test(
        "a literal secret is refused and never repeated",
        arguments: [
            "ghp_1234567890", "\"ghp_1234567890\"", "12345", "[ghp_1234567890]", "{env: [ghp_1234567890]}",
            "{env: \"ghp 1234567890\"}", "{env: ghp_1234567890}",
        ])
    func literal(_ text: String) throws {
        let loaded = self.load(key: text)
        let issue = try #require(loaded.errors.first)
        #expect(loaded.configuration == nil)
        #expect(issue.path.hasPrefix("github.token"))
        #expect(!loaded.issues.map(\.description).joined().contains("1234567890"))
    }

    @Test("a variable supplies the secret; a missing or empty one is named")
    func variable() {
        expectEqual(
            self.load(key: "{env: TOKEN}", environment: ["TOKEN": "x"]).configuration?.github.token, Secret("x"))
        for environment in [[:], ["TOKEN": ""]] {
            let issue = self.load(key: "{env: TOKEN}", environment: environment).errors.first
            expectEqual(issue?.path, "github.token.env")
            expectEqual(issue?.message, "the environment variable TOKEN is not set")
        }
    }

    @Test("a file supplies the secret without surrounding white space")
    func file() throws {
        let folder = try TemporaryDirectory()
        let path = folder.write("token", " \n se cret\r\n\n")
        let loaded = self.load(key: "{file: \(path)}")
        #expect(loaded.issues.isEmpty)
        expectEqual(loaded.configuration?.github.token, Secret("se cret"))
    }

    @Test("a relative file is relative to the data directory")
    func relativeFile() throws {
        let folder = try TemporaryDirectory()
        folder.write("secrets/token", "x")
        let loaded = HostTests.load("data_dir: \(folder.path)\ngithub: {token: {file: secrets/token}}")
        expectEqual(loaded.configuration?.github.token, Secret("x"))
    }

    @Test("a file that others can read is a warning", arguments: [0o640, 0o604, 0o644])
    func readableByOthers(_ mode: Int) throws {
        let folder = try TemporaryDirectory()
        let path = folder.write("token", "x", mode: UInt32(mode))
        let loaded = self.load(key: "{file: \(path)}")
        expectEqual(loaded.warnings.map(\.message), ["others can read \(path); run: chmod 600 \(path)"])
        #expect(loaded.configuration != nil)
    }

    @Test("an unusable secret file is named with the reason")
    func wrongFile() throws {
        let folder = try TemporaryDirectory()
        let empty = folder.write("empty", "\n")
        let large = folder.write("large", String(repeating: "x", count: 70_000))
        func message(_ path: String) -> String? { self.load(key: "{file: \(path)}").errors.first?.message }
        expectEqual(message("\(folder.path)/none")?.hasSuffix("none cannot be read: No such file or directory"), true)
        expectEqual(message(folder.path)?.hasSuffix("it is not a regular file"), true)
        expectEqual(message(empty), "the secret file \(empty) is empty")
        expectEqual(message(large)?.contains("larger than"), true)
    }

    @Test("a secret has exactly one source", arguments: ["{}", "{env: A, file: b}", "{env: ~}", "{vault: x}"])
    func oneSource(_ text: String) {
        let loaded = self.load(key: text, environment: ["A": "x"])
        #expect(loaded.errors.contains { $0.message == "a secret is either {env: NAME} or {file: PATH}" })
    }
}
