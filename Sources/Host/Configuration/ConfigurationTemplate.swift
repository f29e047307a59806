internal import Slack

/// A configuration file to start from, as `config template` prints it, or what a platform is told about the bot.
package struct ConfigurationTemplate: Sendable {
    /// `example`, `irc`, …
    package let name: String
    /// YAML with comments.
    package let text: String
    /// The first comment's first line.
    package let summary: String

    /// The files `config/jetbridge.NAME.yaml`, by name.
    package static let all = TemplateFiles.files.map { file in
        ConfigurationTemplate(
            name: String(file.name.dropFirst("jetbridge.".count).dropLast(".yaml".count)), text: file.text,
            summary: String(file.text.prefix { $0 != "\n" }.drop { $0 == "#" || $0 == " " }))
    }

    /// Shows every setting.
    package static let standard = "example"

    /// The app's description for Slack. With `eventsURL` Slack delivers events there, else by Socket Mode.
    package static func slackManifest(eventsURL: String? = nil) -> ConfigurationTemplate {
        ConfigurationTemplate(
            name: "slack-manifest",
            text: SlackManifest.yaml(commands: NetworkParts.commands, requestURL: eventsURL),
            summary: "The Slack app's description, to be pasted at api.slack.com/apps, see docs/slack.md.")
    }

    package static func named(_ name: String) -> ConfigurationTemplate? {
        self.all.first { $0.name == name }
    }
}
