@testable import Proxy

/// Streams of upstreams: the same answer in each form, and special ones.
enum StreamSamples {
    static let ask =
        #"{"model":"asked","stream":true,"messages":[{"role":"user","content":"x"}],"input":"x","#
        + #""thinking":{"type":"adaptive"},"stream_options":{"include_usage":true}}"#

    /// Thoughts, text with characters of several bytes, and two calls, the second without arguments.
    static func complete(_ api: ModelAPI) -> String {
        switch api {
        case .chat: Self.chat
        case .messages: Self.messages
        case .responses: Self.responses
        }
    }

    private static func chunk(_ delta: String, _ rest: String = "") -> String {
        #"data: {"id":"chatcmpl-9","created":5,"model":"m","choices":[{"index":0,"delta":\#(delta)\#(rest)}]}"# + "\n\n"
    }

    private static let chat =
        "data: {\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[]}\n\n"
        + chunk(#"{"role":"assistant","content":""}"#) + ": keep-alive\n\n" + chunk(#"{"reasoning_content":"hm"}"#)
        + chunk(#"{"content":"Grüße "}"#) + chunk(#"{"content":"🎉 \"x\"\n"}"#)
        + chunk(
            #"{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]}"#)
        + chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}"#)
        + chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"\"}\"}"}}]}"#)
        + chunk(
            #"{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"g","arguments":""}}]}"#)
        + chunk("{}", #","finish_reason":"tool_calls""#)
        + #"data: {"id":"chatcmpl-9","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"#
        + #""prompt_tokens_details":{"cached_tokens":4}}}"# + "\n\n" + "data: [DONE]\n\n"

    private static func event(_ data: String) -> String {
        let type = data.split(separator: "\"", maxSplits: 4)[3]
        return "event: \(type)\r\ndata: \(data)\r\n\r\n"
    }

    private static let messages =
        event(
            #"{"type":"message_start","message":{"id":"msg_9","type":"message","role":"assistant","model":"m","#
                + #""content":[],"usage":{"input_tokens":6,"cache_read_input_tokens":4,"output_tokens":1}}}"#)
        + event(#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#)
        + event(#"{"type":"ping"}"#)
        + event(#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#)
        + event(#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s"}}"#)
        + event(#"{"type":"content_block_stop","index":0}"#)
        + event(#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#)
        + event(#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Grüße "}}"#)
        + event(#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"🎉 \"x\"\n"}}"#)
        + event(#"{"type":"content_block_stop","index":1}"#)
        + event(
            #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"c1","name":"f","#
                + #""input":{}}}"#)
        + event(#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}"#)
        + event(
            #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#)
        + event(
            #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\"}\"}"}}"#)
        + event(#"{"type":"content_block_stop","index":2}"#)
        + event(
            #"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"c2","name":"g","#
                + #""input":{}}}"#)
        + event(#"{"type":"content_block_stop","index":3}"#)
        + event(#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":5}}"#)
        + event(#"{"type":"message_stop"}"#)

    private static let responses =
        event(
            #"{"type":"response.created","response":{"id":"resp_9","created_at":5,"model":"m","status":"in_progress"}}"#
        )
        + event(#"{"type":"response.in_progress","response":{"id":"resp_9"}}"#)
        + event(#"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","summary":[]}}"#)
        + event(
            #"{"type":"response.reasoning_summary_part.added","output_index":0,"summary_index":0,"part":{"text":""}}"#)
        + event(#"{"type":"response.reasoning_summary_text.delta","output_index":0,"delta":"hm"}"#)
        + event(
            #"{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","#
                + #""summary":[{"type":"summary_text","text":"hm"}]}}"#)
        + event(#"{"type":"response.output_item.added","output_index":1,"item":{"type":"message","content":[]}}"#)
        + event(#"{"type":"response.output_text.delta","output_index":1,"delta":"Grüße "}"#)
        + event(#"{"type":"response.output_text.delta","output_index":1,"delta":"🎉 \"x\"\n"}"#)
        + event(#"{"type":"response.output_text.done","output_index":1,"text":"Grüße 🎉 \"x\"\n"}"#)
        + event(
            #"{"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":["#
                + #"{"type":"output_text","text":"Grüße 🎉 \"x\"\n"}]}}"#)
        + event(
            #"{"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","call_id":"c1","#
                + #""name":"f","arguments":""}}"#)
        + event(#"{"type":"response.function_call_arguments.delta","output_index":2,"delta":"{\"a\":"}"#)
        + event(#"{"type":"response.function_call_arguments.delta","output_index":2,"delta":"\"}\"}"}"#)
        + event(#"{"type":"response.function_call_arguments.done","output_index":2,"arguments":"{\"a\":\"}\"}"}"#)
        + event(
            #"{"type":"response.output_item.added","output_index":3,"item":{"type":"function_call","call_id":"c2","#
                + #""name":"g","arguments":""}}"#)
        + event(
            #"{"type":"response.output_item.done","output_index":3,"item":{"type":"function_call","call_id":"c2","#
                + #""name":"g","arguments":""}}"#)
        + event(
            #"{"type":"response.completed","response":{"id":"resp_9","status":"completed","output":[],"#
                + #""usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5}}}"#)

    /// The pairs of different forms, as (client, upstream).
    static let pairs: [(ModelAPI, ModelAPI)] = ModelAPI.allCases.flatMap { client in
        ModelAPI.allCases.filter { $0 != client }.map { (client, $0) }
    }
}
