internal import Slack

/// What `config template` prints: a configuration file to start from, or a platform's app manifest.
package struct ConfigurationTemplate: Sendable {
    /// `example`, `irc`, …
    package let name: String
    package let text: String
    /// The first line of the text, a comment.
    package let summary: String

    /// The files `config/jetbridge.NAME.yaml`, by name, and `config/jail.NAME.yaml` as `jail-NAME`.
    package static let all = TemplateFiles.files.map { file in
        ConfigurationTemplate(
            name: Self.name(of: file.name), text: file.text,
            summary: String(file.text.prefix { $0 != "\n" }.drop { $0 == "#" || $0 == " " }))
    }

    private static func name(of file: String) -> String {
        let name = file.dropLast(".yaml".count)
        return name.hasPrefix("jetbridge.")
            ? String(name.dropFirst("jetbridge.".count)) : String(name.replacing(".", with: "-"))
    }

    /// The name of the template with every setting.
    package static let standard = "example"

    /// The Slack app's manifest. Slack delivers events to `eventsURL`, or without one by Socket Mode.
    package static func slackManifest(eventsURL: String? = nil) -> ConfigurationTemplate {
        ConfigurationTemplate(
            name: "slack-manifest",
            text: SlackManifest.yaml(commands: NetworkSetup.commands, requestURL: eventsURL),
            summary: "The Slack app's manifest, to paste at api.slack.com/apps; see docs/slack.md.")
    }

    package static func named(_ name: String) -> ConfigurationTemplate? {
        self.all.first { $0.name == name }
    }
}
