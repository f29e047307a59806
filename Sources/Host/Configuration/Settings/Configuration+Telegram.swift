package import HTTP
package import Primitives

extension Configuration {
    package struct Telegram: Sendable {
        package var id: String
        package var token: Secret
        package var apiURL: HTTPURL

        init?(_ section: Section, id: String) {
            let token = section.required("token") { $0.secret() }
            self.id = id
            self.apiURL = section.read("api_url", default: "https://api.telegram.org".url) { $0.url() }
            guard let token else { return nil }
            self.token = token
        }
    }
}
