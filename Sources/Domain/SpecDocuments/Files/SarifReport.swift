package import JSON

/// Findings as SARIF 2.1.0 (OASIS), which code hosts show as annotations.
package enum SarifReport {
    package static func json(_ findings: [DocumentFinding], version: String) -> JSON {
        let rules = FindingRule.all
        var places: [String: Int] = [:]
        for (place, rule) in rules.enumerated() { places[rule.id] = place }
        let driver: JSON = [
            "name": "jetbridge", "version": JSON(version),
            "rules": JSON(rules.map(Self.rule)),
        ]
        let run: JSON = [
            "tool": ["driver": driver],
            "results": JSON(findings.map { Self.result($0, index: places[$0.rule.id] ?? -1) }),
        ]
        return [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run],
        ]
    }

    private static func rule(_ rule: FindingRule) -> JSON {
        let text: JSON = ["text": JSON("\(rule.summary).")]
        return [
            "id": JSON(rule.id), "shortDescription": text, "fullDescription": text, "help": text,
            "defaultConfiguration": ["level": JSON(rule.severity.rawValue)],
        ]
    }

    private static func result(_ finding: DocumentFinding, index: Int) -> JSON {
        var place: JSONObject = ["artifactLocation": ["uri": JSON(Self.uri(finding.path))]]
        place["region"] = finding.line.map { ["startLine": JSON($0)] }
        return [
            "ruleId": JSON(finding.rule.id), "ruleIndex": JSON(index), "level": JSON(finding.severity.rawValue),
            "message": ["text": JSON(Self.message(finding.message))],
            "locations": [["physicalLocation": .object(place)]],
            "partialFingerprints": ["jetbridge/v1": JSON(Self.fingerprint(finding))],
        ]
    }

    /// Braces mark arguments in SARIF's messages (3.11.5) and are doubled.
    private static func message(_ text: String) -> String {
        text.replacing("{", with: "{{").replacing("}", with: "}}")
    }

    /// RFC 3986: a relative reference with all but unreserved characters and slashes escaped.
    static func uri(_ path: String) -> String {
        var uri = ""
        for byte in path.utf8 {
            let isPlain = byte.isWordByte || [0x2D, 0x2E, 0x2F, 0x7E].contains(byte)
            if isPlain {
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                uri += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
            }
        }
        return uri
    }

    /// Stays the same while lines move: FNV-1a of rule, path, section and message.
    private static func fingerprint(_ finding: DocumentFinding) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for part in [finding.rule.id, finding.path, finding.section ?? "", finding.message] {
            for byte in Array(part.utf8) + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return String(hash, radix: 16)
    }
}
