internal import Lifecycle
internal import Primitives

/// A GitHub and its Copilot API on loopback, for a program that signs in as people do.
package struct LoopbackSubscription: Sendable {
    package let github: LoopbackGitHub
    package let copilot: LoopbackCopilot

    /// The token that ``plantSignIn(below:)`` writes.
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

    /// The configuration of a host that uses them.
    package var configuration: String {
        """
        gateway: {listen: "127.0.0.1:0"}
        model: {provider: copilot, name: gpt-4.1}
        copilot: {github_url: "\(self.github.url)", api_url: "\(self.github.url)"}
        repositories: [{name: notes, path: notes}]

        """
    }

    /// Writes an editor's sign-in file below a home directory: `.config/github-copilot/apps.json`.
    package static func plantSignIn(_ token: String = Self.signIn, below home: TemporaryDirectory) throws {
        let folder = home.path + "/.config/github-copilot"
        try PrivateFile.makeFolder(folder)
        let text = #"{"github.com:Iv1.x":{"user":"octo","oauth_token":"\#(token)"}}"#
        try PrivateFile.write(Array(text.utf8), to: folder + "/apps.json")
    }
}
