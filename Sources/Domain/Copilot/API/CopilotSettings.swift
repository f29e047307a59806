package import HTTP

/// How the Copilot API is asked, and for whom it takes us.
package struct CopilotSettings: Sendable {
    /// `Copilot-Integration-Id`: which product asks. The API takes the ones that GitHub knows.
    package var integrationID: String
    /// `Editor-Version`: `name/1.2.3`; goes with the integration id.
    package var editorVersion: String
    /// `Editor-Plugin-Version`: our own name and version.
    package var pluginVersion: String
    /// `X-GitHub-Api-Version`: decides which fields and models appear.
    package var apiVersion: String
    /// GitHub's own API, which tells what the account has left.
    package var gitHubAPIURL: HTTPURL
    package var defaultModel: String
    /// The most time that one answer may take, waits and retries included.
    package var turnTimeout: Duration
    /// How long the endpoint may be silent, before the first word as between two. Reasoning models think long.
    package var idleTimeout: Duration
    package var retry: RetryPolicy

    package init(
        integrationID: String = "vscode-chat", editorVersion: String = "vscode/1.104.1",
        pluginVersion: String = "jetbridge/1", apiVersion: String = "2025-05-01", gitHubAPIURL: HTTPURL,
        defaultModel: String, turnTimeout: Duration = .seconds(600), idleTimeout: Duration = .seconds(120),
        retry: RetryPolicy = RetryPolicy()
    ) {
        self.integrationID = integrationID
        self.editorVersion = editorVersion
        self.pluginVersion = pluginVersion
        self.apiVersion = apiVersion
        self.gitHubAPIURL = gitHubAPIURL
        self.defaultModel = defaultModel
        self.turnTimeout = turnTimeout
        self.idleTimeout = idleTimeout
        self.retry = retry
    }
}
