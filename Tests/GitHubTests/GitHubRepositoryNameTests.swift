import TestSupport
import Testing

@testable import GitHub

@Suite("The name of a repository on GitHub", .timeLimit(.minutes(1)))
struct GitHubRepositoryNameTests {
    @Test("is written as owner/name")
    func isWritten() {
        expectEqual("\(GitHubRepositoryName(owner: "octo", name: "app"))", "octo/app")
    }
}
