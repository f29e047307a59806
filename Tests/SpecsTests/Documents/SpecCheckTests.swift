import Glibc
import JSON
import Specs
import Testing
import TestSupport

@Suite("Repositories are checked on disk", .timeLimit(.minutes(1)))
struct SpecCheckTests {
    private func repository(_ files: [String: String]) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        for (path, text) in files { try folder.write(text, to: path) }
        return folder
    }
}
