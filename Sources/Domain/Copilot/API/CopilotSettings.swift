package import HTTP
package import Models

/// How Jetbridge calls the Copilot API, and how it identifies itself there.
package struct CopilotSettings: Sendable {
    /// `Copilot-Integration-Id`: the calling product, which must be one that GitHub knows.
    package var integrationID: String
    /// `Editor-Version`: `name/1.2.3`; must match the integration id.
    package var editorVersion: String
    /// `Editor-Plugin-Version`: our own name and version.
    package var pluginVersion: String
    /// `X-GitHub-Api-Version`: determines which fields and models appear.
    package var apiVersion: String
    /// GitHub's own API, which reports the account's quota.
    package var gitHubAPIURL: HTTPURL
    package var defaultModel: String
    package var exchange: ExchangeSettings

    package init(
        integrationID: String = "vscode-chat", editorVersion: String = "vscode/1.104.1",
        pluginVersion: String = "jetbridge/1", apiVersion: String = "2025-05-01", gitHubAPIURL: HTTPURL,
        defaultModel: String, exchange: ExchangeSettings = ExchangeSettings()
    ) {
        self.integrationID = integrationID
        self.editorVersion = editorVersion
        self.pluginVersion = pluginVersion
        self.apiVersion = apiVersion
        self.gitHubAPIURL = gitHubAPIURL
        self.defaultModel = defaultModel
        self.exchange = exchange
    }
}
