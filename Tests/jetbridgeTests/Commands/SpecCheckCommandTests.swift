import Glibc
import JSON
import TestSupport
import Testing

@testable import jetbridge

@Suite("jetbridge spec check", .timeLimit(.minutes(1)))
struct SpecCheckCommandTests {
    private func feature(_ spec: String) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for folder in ["specs", "specs/001-a"] { mkdir("\(directory.path)/\(folder)", 0o755) }
        let file = open("\(directory.path)/specs/001-a/spec.md", O_WRONLY | O_CREAT, 0o644)
        let bytes = Array(spec.utf8)
        _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        close(file)
        return directory
    }

    private static let good = """
        # Feature Specification: A

        ## User Scenarios & Testing

        ### User Story 1 - Read (Priority: P1)

        **Independent Test**: read

        **Acceptance Scenarios**:

        1. **Given** a, **When** b, **Then** c

        ### Edge Cases

        - none

        ## Requirements

        - **FR-001**: System MUST show it

        ## Success Criteria

        - **SC-001**: 9 of 10 read it

        """

    @Test("errors give a table and status 1, warnings alone 0")
    func status() async throws {
        let good = try self.feature(Self.good + "## Assumptions\n\n- a\n")
        let clean = await run("spec", "check", good.path)
        #expect(clean.status == .done && clean.output == "1 document checked: no findings\n" && clean.errors.isEmpty)
        let short = try self.feature(Self.good)
        let warned = await run("spec", "check", short.path)
        #expect(warned.status == .done && warned.output.hasPrefix("warning  specs/001-a/spec.md  section  "))
        #expect(warned.output.hasSuffix("0 errors and 1 warning in 1 document\n"))
        let broken = try self.feature(Self.good.replacing("FR-001", with: "FR"))
        let bad = await run("spec", "check", broken.path)
        #expect(bad.status == .failed && bad.output.contains("error    specs/001-a/spec.md:17  requirement  "))
        expectEqual(bad.errors, "jetbridge: 1 error and 1 warning in 1 document\n")
        withExtendedLifetime((good, short, broken)) {}
    }

    @Test("--json prints SARIF, with the same status")
    func sarif() async throws {
        let directory = try self.feature("# [FEATURE NAME]\n")
        let result = await run("spec", "check", "--json", directory.path)
        #expect(result.status == .failed && result.errors.isEmpty)
        let log = try JSON.parse(result.output)
        expectEqual(log["runs"]?[0]?["results"]?.arrayValue?.isEmpty, false)
        withExtendedLifetime(directory) {}
    }

    @Test("what cannot be checked gives one line and status 1")
    func missing() async {
        let result = await run("spec", "check", "/nonexistent/repository")
        #expect(result.status == .failed && result.output.isEmpty)
        expectEqual(
            result.errors,
            "jetbridge: /nonexistent/repository cannot be checked: No such file or directory: correct the path\n")
    }
}
