import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON (RFC 8259) to maps, lists, texts, numbers, booleans and null, and back: the JDK has no parser of it. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** A value, whatever stands before it as a byte order mark. */
    static Object read(String text) {
        Json json = new Json(text.startsWith("\uFEFF") ? text.substring(1) : text);
        Object value = json.value();
        json.space();
        if (json.at != json.text.length()) {
            throw new IllegalArgumentException("something follows the value");
        }
        return value;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) {
        if (value == null) {
            return Map.of();
        }
        if (value instanceof Map) {
            return (Map<String, Object>) value;
        }
        throw new IllegalArgumentException("not an object");
    }

    @SuppressWarnings("unchecked")
    static List<Object> list(Object value) {
        return value instanceof List ? (List<Object>) value : List.of();
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char next() {
        if (at >= text.length()) {
            throw new IllegalArgumentException("the text ends");
        }
        return text.charAt(at++);
    }

    private boolean follows(char wanted) {
        space();
        boolean found = at < text.length() && text.charAt(at) == wanted;
        at += found ? 1 : 0;
        return found;
    }

    private void expect(char wanted) {
        if (!follows(wanted)) {
            throw new IllegalArgumentException(wanted + " expected at " + at);
        }
    }

    private Object value() {
        if (follows('{')) {
            return members();
        }
        if (follows('[')) {
            return entries();
        }
        if (follows('"')) {
            return string();
        }
        int start = at;
        while (at < text.length() && "+-.".indexOf(text.charAt(at)) >= 0 || at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
            at++;
        }
        String word = text.substring(start, at);
        switch (word) {
            case "true":
                return true;
            case "false":
                return false;
            case "null":
                return null;
            default:
                return new BigDecimal(word); // a NumberFormatException is an IllegalArgumentException
        }
    }

    private Map<String, Object> members() {
        Map<String, Object> found = new LinkedHashMap<>();
        if (follows('}')) {
            return found;
        }
        do {
            expect('"');
            String name = string();
            expect(':');
            found.put(name, value());
        } while (follows(','));
        expect('}');
        return found;
    }

    private List<Object> entries() {
        List<Object> found = new ArrayList<>();
        if (follows(']')) {
            return found;
        }
        do {
            found.add(value());
        } while (follows(','));
        expect(']');
        return found;
    }

    private String string() {
        StringBuilder found = new StringBuilder();
        for (char one = next(); one != '"'; one = next()) {
            if (one != '\\') {
                found.append(one);
                continue;
            }
            char kind = next();
            int simple = "bfnrt".indexOf(kind);
            if (kind == 'u') {
                found.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                at += 4;
            } else {
                found.append(simple < 0 ? kind : "\b\f\n\r\t".charAt(simple));
            }
        }
        return found.toString();
    }

    /** A value as text. */
    static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map) {
            String before = "{";
            for (Map.Entry<String, Object> member : object(value).entrySet()) {
                out.append(before);
                write(member.getKey(), out);
                out.append(':');
                write(member.getValue(), out);
                before = ",";
            }
            out.append(before.equals("{") ? "{}" : "}");
        } else if (value instanceof List) {
            String before = "[";
            for (Object entry : list(value)) {
                out.append(before);
                write(entry, out);
                before = ",";
            }
            out.append(before.equals("[") ? "[]" : "]");
        } else if (value instanceof String) {
            out.append('"');
            for (char one : ((String) value).toCharArray()) {
                if (one == '"' || one == '\\') {
                    out.append('\\').append(one);
                } else if (one < ' ') {
                    out.append(String.format("\\u%04x", (int) one));
                } else {
                    out.append(one);
                }
            }
            out.append('"');
        } else if (value instanceof BigDecimal) {
            out.append(((BigDecimal) value).toPlainString());
        } else {
            out.append(value);
        }
    }
}
