package import Copilot
internal import GitHub
internal import Primitives

/// People's stored tokens as they are, for checks beside a host: nothing is renewed or forgotten.
package struct StoredPersonTokens: PersonTokens {
    private let files: PersonFiles

    /// - Parameter folder: `data_dir/github/people`.
    package init(folder: String) { self.files = PersonFiles(folder: folder) }

    package func token(of person: String) async throws -> GitHubToken? {
        try await self.files.read(person).map { try SignInCheck.token(of: DeviceGrant(token: $0.token)) }
    }

    package func refused(_ token: GitHubToken) async -> Bool { false }
}
