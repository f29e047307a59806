package import HTTP
package import Primitives

extension Configuration {
    package struct GitHub: Sendable {
        package var apiURL: HTTPURL
        package var webURL: HTTPURL
        package var token: Secret?

        init(_ section: Section) {
            self.apiURL = section.read("api_url", default: "https://api.github.com".url) { $0.url() }
            self.webURL = section.read("web_url", default: "https://github.com".url) { $0.url() }
            self.token = section.optional("token") { $0.secret() }
        }
    }
}
