import Glibc
import JSON
import TestSupport
import Testing

@testable import SpecDocuments

@Suite("Repositories are checked on disk", .timeLimit(.minutes(1)))
struct SpecCheckTests {
    private static let folder = FeatureSample.folder

    private func repository(_ files: [String: String]) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for (path, text) in files { self.write(Array(text.utf8), to: path, in: directory) }
        return directory
    }

    private func write(_ bytes: [UInt8], to path: String, in directory: TemporaryDirectory) {
        var folder = directory.path
        let parts = path.split(separator: "/").map(String.init)
        for part in parts.dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
        let file = open("\(directory.path)/\(path)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count <= 0 { break }
            rest = rest.dropFirst(count)
        }
        close(file)
    }

    private static let files = [
        "\(folder)/spec.md": FeatureSample.spec, "\(folder)/plan.md": FeatureSample.plan,
        "\(folder)/tasks.md": FeatureSample.tasks, "\(folder)/checklists/security.md": FeatureSample.checklist,
        ".specify/memory/constitution.md": FeatureSample.constitution, "README.md": "# [PROJECT NAME]\n",
    ]

    @Test("a repository, its folder of features, a feature and a file")
    func places() async throws {
        let directory = try self.repository(Self.files)
        for (path, count) in [("", 5), ("/specs", 4), ("/\(Self.folder)", 4), ("/\(Self.folder)/tasks.md", 1)] {
            let check = try await SpecCheck.run(directory.path + path)
            #expect(check.findings.isEmpty, "\(check.findings)")
            expectEqual(check.documents.count, count)
        }
        let readme = try await SpecCheck.run(directory.path + "/README.md")
        expectEqual(readme.findings.map(\.rule.id), ["placeholder"])
    }

    @Test("a file is checked against the other documents of its feature")
    func file() async throws {
        var files = Self.files
        files["\(Self.folder)/spec.md"] = FeatureSample.spec.replacing("# Feature", with: "# [FEATURE NAME] Feature")
        files["\(Self.folder)/tasks.md"] = FeatureSample.tasks.replacing(" for FR-003", with: "")
        let directory = try self.repository(files)
        let check = try await SpecCheck.run("\(directory.path)/\(Self.folder)/tasks.md")
        #expect(check.findings.map(\.rule.id) == ["coverage"] && check.errors == 0)
        let all = try await SpecCheck.run(directory.path)
        expectEqual(all.findings.map(\.place), ["\(Self.folder)/spec.md:1", "\(Self.folder)/tasks.md"])
    }

    @Test("links are followed to files and folders of the repository")
    func links() async throws {
        var files = Self.files
        files["\(Self.folder)/notes.md"] =
            "# Notes\n\n[a](spec.md#x) [b](../../README.md) [c](checklists/) [d](gone.md) [e](/README.md) [f](/src/new.py)\n"
        let directory = try self.repository(files)
        let check = try await SpecCheck.run("\(directory.path)/\(Self.folder)")
        expectEqual(check.findings.map(\.message).filter { $0.contains("gone.md") }.count, 1)
        #expect(check.errors == 1 && check.warnings == 1)
    }

    @Test("symbolic links, pipes and large files are not read")
    func hostileFiles() async throws {
        let directory = try self.repository(Self.files)
        let folder = "\(directory.path)/\(Self.folder)"
        symlink("/etc/passwd", "\(folder)/research.md")
        symlink("/", "\(folder)/contracts")
        symlink("/", "\(directory.path)/specs/999-elsewhere")
        mkfifo("\(folder)/data-model.md", 0o644)
        self.write([UInt8](repeating: 0x61, count: 1 << 20 + 1), to: "\(Self.folder)/quickstart.md", in: directory)
        let check = try await SpecCheck.run(directory.path)
        expectEqual(
            check.findings.map { "\($0.rule.id) \($0.path)" },
            [
                "unread \(Self.folder)/data-model.md", "size \(Self.folder)/quickstart.md",
                "unread \(Self.folder)/research.md", "unread specs/999-elsewhere",
            ])
        expectEqual(check.documents.count, 5)
    }

    @Test("a repository's templates say what a placeholder is")
    func templates() async throws {
        var files = Self.files
        files[".specify/templates/spec-template.md"] = "# Feature Specification: [Wie heißt es?]\n"
        files["\(Self.folder)/spec.md"] = FeatureSample.spec.replacing("Shared Lists", with: "[wie heißt es?]")
        let directory = try self.repository(files)
        try await expectEqual(SpecCheck.run(directory.path).findings.map(\.rule.id), ["placeholder"])
    }

    @Test("paths without documents are refused with a reason")
    func refusals() async throws {
        let directory = try self.repository(["a.txt": "x", "empty/b.txt": ""])
        for path in ["", "/a.txt", "/empty", "/missing"] {
            await #expect(throws: SpecCheck.Failure.self) { try await SpecCheck.run(directory.path + path) }
        }
    }

    @Test("SARIF has what its schema requires")
    func sarif() throws {
        let spec = FeatureSample.spec.replacing("- People have an account", with: "- See [x](../a b/{c}.md) {{d}}")
        let feature = FeatureSample.feature(spec: spec, plan: nil)
        let findings = FeatureValidator(existing: []).findings(in: feature)
        let log = try JSON.parse(SarifReport.json(findings, version: "1.0.0").text)
        #expect(log["version"]?.stringValue == "2.1.0" && log["$schema"]?.stringValue?.hasPrefix("https://") ?? false)
        let run = try #require(log["runs"]?[0])
        let driver = try #require(run["tool"]?["driver"])
        expectEqual(driver["name"]?.stringValue, "jetbridge")
        let rules = try #require(driver["rules"]?.arrayValue)
        let results = try #require(run["results"]?.arrayValue)
        #expect(results.count == findings.count && !results.isEmpty)
        for result in results {
            let index = try #require(result["ruleIndex"]?.intValue)
            expectEqual(rules[index]["id"], result["ruleId"])
            #expect(["error", "warning"].contains(result["level"]?.stringValue))
            expectEqual(result["message"]?["text"]?.stringValue?.isEmpty, false)
            let place = try #require(result["locations"]?[0]?["physicalLocation"])
            #expect(place["artifactLocation"]?["uri"]?.stringValue?.hasPrefix("specs/004-shared-lists/") ?? false)
            #expect(place["region"].map { $0["startLine"]?.intValue ?? 0 > 0 } ?? true)
        }
        for rule in rules { #expect(rule["shortDescription"]?["text"]?.stringValue?.hasSuffix(".") ?? false) }
    }
}
