package import Chat

/// What people read about verifying devices.
package enum VerifyTexts {
    package static func usage(_ sign: CommandSign) -> String {
        "\(sign.command("verify")) begins with your own devices, \(sign.command("verify USER")) with somebody else's. Then "
            + "\(sign.command("verify yes")) says that the emoji are the same, \(sign.command("verify no")) that they are "
            + "not. \(sign.command("verify trust USER")) accepts that somebody's identity has changed."
    }

    package static let noNetwork =
        "There is nothing to verify: no network of this host has end-to-end encryption."

    package static func whichNetwork(_ ids: [String], sign: CommandSign) -> String {
        let commands = ids.map { sign.command("verify \($0) …") }.joined(separator: " or ")
        return "Several networks of this host have end-to-end encryption; name one: \(commands)."
    }

    package static func tooSlow(_ network: AdapterID, sign: CommandSign) -> String {
        "\(network) did not answer in time. \(sign.command("status")) shows whether I am still working; send "
            + "\(sign.command("verify")) again in a minute."
    }
}
