internal import JSON
package import Primitives

/// The code for a sign-in in a browser (RFC 8628 §3.2).
package struct DeviceCode: Sendable, Equatable {
    /// For polling.
    package let deviceCode: Secret
    /// For the person to type: `XXXX-XXXX`.
    package let userCode: String
    /// Where the person enters the code.
    package let verificationURL: String
    package let expiresIn: Duration
    /// The minimum time between two polls.
    package let interval: Duration

    package init(
        deviceCode: Secret, userCode: String, verificationURL: String, expiresIn: Duration = .seconds(900),
        interval: Duration = .seconds(5)
    ) {
        self.deviceCode = deviceCode
        self.userCode = userCode
        self.verificationURL = verificationURL
        self.expiresIn = expiresIn
        self.interval = interval
    }

    init?(_ json: JSON) {
        guard let deviceCode = json["device_code"]?.stringValue, !deviceCode.isEmpty,
            let userCode = (json["user_code"]?.stringValue).flatMap(Self.visible),
            let url = (json["verification_uri"]?.stringValue ?? json["verification_url"]?.stringValue)
                .flatMap(Self.visible)
        else { return nil }
        self.init(
            deviceCode: Secret(deviceCode), userCode: userCode, verificationURL: url,
            expiresIn: .seconds(max(1, min(json["expires_in"]?.doubleValue ?? 900, 3_600))),
            interval: .seconds(max(1, min(json["interval"]?.doubleValue ?? 5, 300))))
    }

    /// Both are printed to a terminal, so they must not contain control sequences.
    private static func visible(_ text: String) -> String? {
        !text.isEmpty && text.utf8.count <= 200 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? text : nil
    }
}
