package smap.identity.support;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Runs a test only where {@link Browser} finds what it needs. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresBrowser.Installed.class)
public @interface RequiresBrowser {

    /** What a skipped test says. */
    String REASON = "no chromium and chromedriver found: install both, or set CHROME_BIN and CHROMEDRIVER, to run this test";

    /** Looks for the programs. */
    final class Installed implements ExecutionCondition {

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return Browser.isInstalled()
                    ? ConditionEvaluationResult.enabled("chromium and chromedriver found")
                    : ConditionEvaluationResult.disabled(REASON);
        }
    }
}
