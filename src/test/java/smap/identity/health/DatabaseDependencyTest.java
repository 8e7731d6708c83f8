package smap.identity.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

@WithPostgres
class DatabaseDependencyTest {

    @Test
    void a_database_that_answers_is_up_and_vital_to_everybody(TestDatabase database) {
        DatabaseDependency dependency = new DatabaseDependency(database.dataSource());

        assertThatCode(dependency::probe).doesNotThrowAnyException();
        assertThat(dependency.isVital()).isTrue();
        assertThat(dependency.name()).isEqualTo("database");
    }

    @Test
    void a_database_that_is_not_there_is_down(TestDatabase database) {
        TestDatabase nowhere = new TestDatabase(database.host(), database.port(), "nowhere", database.user(), database.password());

        assertThatThrownBy(new DatabaseDependency(nowhere.dataSource())::probe).isInstanceOf(SQLException.class);
    }
}
