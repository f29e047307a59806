package import HTTP
package import Primitives

extension Configuration {
    package struct Slack: Sendable {
        package var id: String
        package var botToken: Secret
        package var appToken: Secret
        package var apiURL: HTTPURL

        init?(_ section: Section, id: String) {
            let botToken = section.required("bot_token") { $0.secret() }
            let appToken = section.required("app_token") { $0.secret() }
            self.id = id
            self.apiURL = section.read("api_url", default: "https://slack.com/api/".url) { $0.url() }
            guard let botToken, let appToken else { return nil }
            self.botToken = botToken
            self.appToken = appToken
        }
    }
}
