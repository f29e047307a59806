internal import HTTPClient
internal import Primitives

/// Texts for people about speech.
package enum SpeechTexts {
    package static let noVoice =
        "Answers are not read aloud here. An owner can set `speech: {base_url, model, api_key, voice}`; see `docs/voice.md`."
    package static let saysNothingElse = "`say` takes no words: it reads the last answer aloud."
    package static let nothingToSay = "There is no answer yet that could be read aloud."
    package static let onlyCode = "The last answer has only code, which is not read aloud."
    package static let reading = "Reading the answer aloud."
    package static func notSaid(_ reason: String) -> String { "The answer was not read aloud: \(reason)." }

    // MARK: Spoken

    static let codeLeftOut = "(code left out)"
    static let tableLeftOut = "(table left out)"
    static let rest = "The rest is in the conversation."

    // MARK: Reasons, each a clause

    static func format(_ type: String) -> String { "its format (\(type)) is not one that can be written down" }
    static func tooLong(_ seconds: Int) -> String { "it is longer than \(seconds / 60) minutes" }
    static func tooLarge(_ bytes: Int) -> String { "it is larger than \(FileSize.text(bytes))" }
    static let silence = "nothing was said in it that could be made out"
    static let noSound = "the endpoint for speech sent no sound"
    static let notUnderstood =
        "the endpoint for speech did not answer as OpenAI's API does; check `speech.base_url`"

    static func refused(_ status: Int, _ quotation: String) -> String {
        switch status {
        case 401, 403:
            "the endpoint for speech refused the key (\(status))\(quotation); an owner has to check `speech.api_key`"
        case 404: "the endpoint for speech does not know the address or the model (404)\(quotation)"
        case 413: "the endpoint for speech found it too large (413)"
        case 429: "the endpoint for speech takes no more at the moment (429)\(quotation); try again later"
        default: "the endpoint for speech answered with \(status)\(quotation)"
        }
    }

    static func failed(_ error: HTTPClientError, after timeout: Duration) -> String {
        switch error.code {
        case .totalTimeout, .idleTimeout, .connectTimeout:
            "the endpoint for speech did not answer within \(timeout.components.seconds) seconds; try again later"
        default: "the endpoint for speech was not reached (\(error.message)); try again later"
        }
    }
}
