internal import Glibc
internal import Primitives

/// A GitHub and its Copilot on loopback, for a program that signs in to them as people do.
package struct LoopbackSubscription: Sendable {
    package let github: LoopbackGitHub
    package let copilot: LoopbackCopilot

    /// The sign-in that ``plantSignIn(below:)`` writes.
    package static let signIn = "gho_" + String(repeating: "a", count: 36)

    /// Starts both. Tokens live for `tokenLife` seconds.
    package static func started(tokenLife: Double = 1_800, credits: Double? = nil) async throws -> LoopbackSubscription
    {
        let known = Protected<LoopbackGitHub?>(nil)
        let copilot = try await LoopbackCopilot.started(credits: credits) { token in
            known.withLock { $0 }?.isLive(token: token) ?? false
        }
        var settings = LoopbackGitHub.Settings()
        settings.apiURL = copilot.apiURL
        settings.tokenLife = tokenLife
        let github = try await LoopbackGitHub.started(settings)
        github.addAccount(Self.signIn)
        known.withLock { $0 = github }
        return LoopbackSubscription(github: github, copilot: copilot)
    }

    package func stop() async {
        await self.github.stop()
        await self.copilot.stop()
    }

    /// The configuration of a host that uses it.
    package var configuration: String {
        """
        gateway: {listen: "127.0.0.1:0"}
        model: {provider: copilot, name: gpt-4.1}
        copilot: {github_url: "\(self.github.url)", api_url: "\(self.github.url)"}
        repositories: [{name: notes, path: notes}]

        """
    }

    /// Writes an editor's sign-in below a home: `.config/github-copilot/apps.json`.
    package static func plantSignIn(below home: TemporaryDirectory) throws {
        var folder = home.path
        for name in [".config", "github-copilot"] {
            folder += "/" + name
            mkdir(folder, 0o700)
        }
        guard let file = fopen(folder + "/apps.json", "w") else { throw TemporaryDirectory.Failure(code: errno) }
        fputs(#"{"github.com:Iv1.0000000000000000":{"user":"octocat","oauth_token":"\#(Self.signIn)"}}"#, file)
        fclose(file)
        chmod(folder + "/apps.json", 0o600)
    }
}
